"""The command line `threadr`: the same core, without a server, and `serve`, which starts one."""

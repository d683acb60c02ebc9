"""The tools for agents over MCP: one JSON-RPC message in, one out, with no session."""

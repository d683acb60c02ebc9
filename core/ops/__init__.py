"""For operators of Threadr: health, start and figures."""

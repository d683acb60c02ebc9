"""For whoever runs Threadr: health, start and figures."""

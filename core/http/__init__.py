"""The edge: requests and events in, answers and problems out."""

"""An Article in, a Draft out."""

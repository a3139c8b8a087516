"""DESIGN's promises, held against an API that does whatever its page leaves open, and worse."""

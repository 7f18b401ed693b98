"""What a step costs: instructions by core and by part, and memory; of a model, or of the standard shapes."""

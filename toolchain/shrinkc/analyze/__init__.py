"""What quantising does to a model, tried out on data: sensitivities of its paths, and plans chosen from them."""

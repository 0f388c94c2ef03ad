"""The character model: vocabulary, network, the checkpoint file, training and scoring."""

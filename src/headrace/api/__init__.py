"""The dictionary between the words of AWS and ours: parameters to commands, replies to answers."""

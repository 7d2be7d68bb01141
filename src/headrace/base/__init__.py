"""The nouns that every room uses: instants, ARNs, errors. Imports nothing of ours."""

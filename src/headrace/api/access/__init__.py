"""IAM and STS: what deploy tools ask of them."""

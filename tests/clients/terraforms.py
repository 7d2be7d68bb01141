"""Whether Terraform and the AWS provider are on this machine."""

import shutil
from pathlib import Path

#: Where this workplace's machines have the provider (a file-system mirror).
PLUGINS = Path("/opt/tf-plugins")


def is_here():
    """Tell whether both are."""
    provider = PLUGINS / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0"
    return shutil.which("terraform") is not None and provider.is_dir()

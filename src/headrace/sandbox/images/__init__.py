"""Container images from files of this machine: found, and unpacked as root file systems."""

"""Roles and policies as deploy tools keep them: documents are stored, and nothing is enforced."""

"""Setups to give advice on: from living rooms, from templates, from plans; and advice as text."""

"""Bring maps to every front end: plan, guard, apply, and the way back."""

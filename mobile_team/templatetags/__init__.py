"""Small words of this room's templates."""

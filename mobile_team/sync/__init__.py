"""What tablets send and carry of the rounds: one noun a file, each applied through the services that pages use."""

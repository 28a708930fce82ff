"""What is typed about figures and papers; every rule behind it is the services'."""

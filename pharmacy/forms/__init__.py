"""What is typed about medicine and money; every rule behind it is the services'."""

"""What every REST endpoint shares: who may call it, how errors read, how lists page.

The words of an error are those the pages show."""

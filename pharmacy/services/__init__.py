"""What is done to medicine and money, a file for each noun; `books` proves what one row cannot say."""

"""What pages for people are made of: colours, numbers as text, pictures, the page around them."""

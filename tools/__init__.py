"""What the project needs around the package: drivers and makers that no learner imports."""

"""The explorer: a local page on which a policy is moved and the world seen to move; pure rooms compute, one draws."""

"""The mean-field twin: the equations of the model on expected numbers of engineers, without agents or draws."""

"""Figures of runs and of trainings, live, in TensorBoard, Weights & Biases or MLflow."""

"""MTCNN (Zhang et al. 2016): three networks as ONNX, and the cascade around them."""

// Package onnx writes networks as ONNX files, which other runtimes read.
//
// A [Builder] collects the nodes of an ONNX graph; [Builder.Add] translates a
// [nn.Graph] for inference, with an unknown number of images and everything else
// fixed. Normalisation after a convolution is folded into its weights. What the
// host does around the network, outside of its graph, is written with the
// builder's own methods.
//
// Values have the layout of nn: float32 in N, C, H, W order. Operators are those
// of opset 17 without extensions; see
// https://github.com/onnx/onnx/blob/main/docs/Operators.md. The file is protocol
// buffers (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), of which so
// little is needed that it is written by hand.
package onnx

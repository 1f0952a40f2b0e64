package io.adapterworks.model;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gives the tensors of an ONNX export their Hugging Face names back. The export keeps the names of
 * biases, embeddings and norms, but folds a linear layer's weight into a nameless (in, out) operand
 * of MatMul; the bias that is added to that MatMul's result tells whose weight it is.
 */
final class OnnxWeights {
  private static final String BIAS = ".bias";

  private OnnxWeights() {}

  /** All floating-point tensors by their Hugging Face names, linear weights as (out, in). */
  static Map<String, HostTensor> named(OnnxFile file) {
    Map<String, String> weightOfProduct = new HashMap<>();
    Map<String, HostTensor> named = new LinkedHashMap<>();
    file.tensors()
        .forEach(
            (name, tensor) -> {
              if (tensor.dtype().isFloating() && !name.startsWith("onnx::")) {
                named.put(name, tensor);
              }
            });
    for (OnnxFile.Node node : file.nodes()) {
      if (node.operator().equals("MatMul") && file.tensors().containsKey(node.inputs().get(1))) {
        weightOfProduct.put(node.outputs().get(0), node.inputs().get(1));
      }
      if (node.operator().equals("Add")) {
        addLinear(file, node.inputs(), weightOfProduct, named);
      }
    }
    return named;
  }

  private static void addLinear(
      OnnxFile file,
      List<String> operands,
      Map<String, String> weightOfProduct,
      Map<String, HostTensor> named) {
    for (int i = 0; i < operands.size(); i++) {
      String weight = weightOfProduct.get(operands.get(i));
      String bias = operands.get(operands.size() - 1 - i);
      if (weight != null && bias.endsWith(BIAS) && file.tensors().containsKey(bias)) {
        String name = bias.substring(0, bias.length() - BIAS.length()) + ".weight";
        named.put(name, transposed(name, file.tensors().get(weight)));
      }
    }
  }

  private static HostTensor transposed(String name, HostTensor tensor) {
    Check.that(
        tensor.dtype() == DType.FLOAT32 && tensor.shape().rank() == 2,
        ErrorCode.MODEL,
        "the ONNX weight of %s is %s %s; expected a FLOAT32 matrix",
        name,
        tensor.dtype(),
        tensor.shape());
    int in = Math.toIntExact(tensor.shape().rows());
    int out = Math.toIntExact(tensor.shape().columns());
    float[] values = tensor.toFloats();
    ByteBuffer data =
        ByteBuffer.allocateDirect(tensor.data().limit()).order(ByteOrder.LITTLE_ENDIAN);
    FloatBuffer floats = data.asFloatBuffer();
    float[] row = new float[in];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        row[i] = values[i * out + o];
      }
      floats.put(row);
    }
    return new HostTensor(name, DType.FLOAT32, Shape.of(out, in), data);
  }
}

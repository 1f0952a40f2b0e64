package io.adapterworks.model;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The stored tensors ("initializers") and the nodes of an ONNX model, read from its protobuf wire
 * format. Tensors are views of the buffer. Field numbers: onnx.proto3 of ONNX 1.14.
 *
 * @param tensors by name; those of a type that {@link DType} lacks are left out
 * @param nodes in the order of the graph
 */
record OnnxFile(Map<String, HostTensor> tensors, List<Node> nodes) {
  private static final int MODEL_GRAPH = 7;
  private static final int GRAPH_NODE = 1;
  private static final int GRAPH_INITIALIZER = 5;
  private static final int NODE_INPUT = 1;
  private static final int NODE_OUTPUT = 2;
  private static final int NODE_OPERATOR = 4;
  private static final int TENSOR_DIMS = 1;
  private static final int TENSOR_TYPE = 2;
  private static final int TENSOR_NAME = 8;
  private static final int TENSOR_RAW_DATA = 9;

  /** One operation of the graph. */
  record Node(String operator, List<String> inputs, List<String> outputs) {}

  /**
   * Reads a model.
   *
   * @param model the whole file, in a direct buffer
   */
  static OnnxFile read(ByteBuffer model, String source) {
    Reader reader = new Reader(model);
    try {
      reader.model();
    } catch (IOException e) {
      throw new AdapterworksException(
          ErrorCode.MODEL, source + " is not a whole ONNX model: " + e.getMessage(), e);
    }
    Check.that(!reader.tensors.isEmpty(), ErrorCode.MODEL, "%s stores no tensors", source);
    return new OnnxFile(Collections.unmodifiableMap(reader.tensors), List.copyOf(reader.nodes));
  }

  private static final class Reader {
    private final ByteBuffer buffer;
    private final CodedInputStream in;
    private final Map<String, HostTensor> tensors = new LinkedHashMap<>();
    private final List<Node> nodes = new ArrayList<>();

    Reader(ByteBuffer buffer) {
      this.buffer = buffer;
      this.in = CodedInputStream.newInstance(buffer.duplicate());
    }

    /** What reads one field, or says that it does not know it. */
    private interface Field {
      boolean read(int number) throws IOException;
    }

    void model() throws IOException {
      fields(number -> number == MODEL_GRAPH && nested(this::graphField));
    }

    private boolean graphField(int number) throws IOException {
      return switch (number) {
        case GRAPH_NODE -> node();
        case GRAPH_INITIALIZER -> tensor();
        default -> false;
      };
    }

    private boolean node() throws IOException {
      List<String> inputs = new ArrayList<>();
      List<String> outputs = new ArrayList<>();
      String[] operator = {""};
      nested(
          number -> {
            switch (number) {
              case NODE_INPUT -> inputs.add(in.readString());
              case NODE_OUTPUT -> outputs.add(in.readString());
              case NODE_OPERATOR -> operator[0] = in.readString();
              default -> {
                return false;
              }
            }
            return true;
          });
      nodes.add(new Node(operator[0], List.copyOf(inputs), List.copyOf(outputs)));
      return true;
    }

    private boolean tensor() throws IOException {
      TensorFields fields = new TensorFields();
      nested(
          number -> {
            switch (number) {
              case TENSOR_DIMS -> fields.dims.add(in.readInt64());
              case TENSOR_TYPE -> fields.type = in.readInt32();
              case TENSOR_NAME -> fields.name = in.readString();
              case TENSOR_RAW_DATA -> fields.raw = rawBytes();
              default -> {
                return false;
              }
            }
            return true;
          });
      DType dtype = dtype(fields.type);
      if (dtype != null && fields.raw != null) {
        Shape shape = Shape.of(fields.dims.stream().mapToLong(Long::longValue).toArray());
        tensors.put(fields.name, new HostTensor(fields.name, dtype, shape, fields.raw));
      }
      return true;
    }

    private ByteBuffer rawBytes() throws IOException {
      int length = in.readRawVarint32();
      int from = in.getTotalBytesRead();
      in.skipRawBytes(length);
      return buffer.slice(from, length);
    }

    private boolean nested(Field field) throws IOException {
      int limit = in.pushLimit(in.readRawVarint32());
      fields(field);
      in.popLimit(limit);
      return true;
    }

    private void fields(Field field) throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (!field.read(WireFormat.getTagFieldNumber(tag))) {
          in.skipField(tag);
        }
      }
    }

    private static DType dtype(int onnxType) {
      return switch (onnxType) {
        case 1 -> DType.FLOAT32;
        case 6 -> DType.INT32;
        case 7 -> DType.INT64;
        case 10 -> DType.FLOAT16;
        case 11 -> DType.FLOAT64;
        case 16 -> DType.BFLOAT16;
        default -> null;
      };
    }
  }

  /** What has been read of a tensor. */
  private static final class TensorFields {
    private final List<Long> dims = new ArrayList<>();
    private int type;
    private String name = "";
    private ByteBuffer raw;
  }
}

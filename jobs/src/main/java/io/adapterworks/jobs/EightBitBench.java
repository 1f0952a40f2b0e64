package io.adapterworks.jobs;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.adapterworks.bench.EightBitBenchmark;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench int8}: memory and perplexity of eight-bit weights. */
@Command(
    name = "int8",
    description = "Bytes and perplexity of a decoder with eight-bit weights, beside float32.",
    mixinStandardHelpOptions = true)
final class EightBitBench implements Callable<Integer> {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "FOLDER",
      description = "A decoder in Hugging Face layout.")
  private Path model;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "FILE",
      description = "A JSON array of texts.")
  private Path data;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "2147483647",
      description = "At most N of the texts, from the first; default: all.")
  private int rows;

  @Override
  public Integer call() {
    EightBitBenchmark.Result result = new EightBitBenchmark(model, data, rows).run();
    System.out.printf(
        Locale.ROOT,
        "matrices: %d bytes in int8 with a scale per output channel, %d in bfloat16: %.1f %%%n",
        result.bytes(),
        result.bfloat16Bytes(),
        100 * result.share());
    System.out.printf(
        Locale.ROOT,
        "perplexity over %d tokens: float32 %.4f, int8 %.4f: %+.2f %%%n",
        result.scoredTokens(),
        result.exact(),
        result.rounded(),
        100 * result.loss());
    ObjectNode line = new ObjectMapper().createObjectNode().put("benchmark", "int8");
    line.put("share", result.share()).put("perplexity", result.exact());
    System.out.println(line.put("int8Perplexity", result.rounded()));
    return 0;
  }
}

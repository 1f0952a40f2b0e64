package io.adapterworks.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.BertConfig;
import io.adapterworks.model.SafetensorsWriter;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pass.ClassificationObjective;
import io.adapterworks.serve.TextEncoder;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tokenize.Batcher;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The intents benchmark on a machine that has a card but neither tokenizer nor DL4J: {@code export}
 * writes MiniLM in bfloat16 and the rows as token ids, {@code train} trains with the product's
 * defaults and tests.
 */
final class IntentRun {
  private static final int PER_LABEL = 30;
  private static final int MOST_TOKENS = 128;
  private static final int EPOCHS = 20;
  private static final int BATCH = 32;
  private static final double RATE = 3e-3;
  private static final double WARMUP = 0.1;
  private static final double DECAY = 0.01;
  private static final LoraConfig LORA =
      new LoraConfig(
          8,
          16,
          0.3,
          List.of(LoraConfig.ALL_LINEAR),
          Optional.empty(),
          List.of(),
          false,
          false,
          Map.of(),
          Map.of());

  private IntentRun() {}

  /** {@code export CSV FOLDER SEED} or {@code train FOLDER SEED CPU|CUDA FLOAT32|BFLOAT16}. */
  public static void main(String[] arguments) throws IOException {
    if (arguments[0].equals("export")) {
      Path folder = Files.createDirectories(Path.of(arguments[2]));
      export(Path.of(arguments[1]), folder, Long.parseLong(arguments[3]));
    } else {
      EngineSettings settings =
          new EngineSettings(
              EngineSettings.Device.valueOf(arguments[3]),
              EngineSettings.ComputeType.valueOf(arguments[4]),
              0);
      train(Path.of(arguments[1]), Long.parseLong(arguments[2]), settings);
    }
  }

  private static void export(Path csv, Path folder, long seed) throws IOException {
    try (BaseModel base = BaseModelReader.open("builtin:all-minilm-l6-v2")) {
      List<HostTensor> weights =
          base.weights().values().stream()
              .map(w -> HostTensor.of(w.name(), DType.BFLOAT16, w.shape(), w.toFloats()))
              .toList();
      SafetensorsWriter.write(
          folder.resolve("model.safetensors"), weights, SafetensorsWriter.PYTORCH);
      BertConfig config = (BertConfig) base.config();
      Map<String, Object> fields = new TreeMap<>();
      fields.put("model_type", "bert");
      fields.put("hidden_act", "gelu");
      fields.put("hidden_size", config.hidden());
      fields.put("num_hidden_layers", config.layers());
      fields.put("num_attention_heads", config.heads());
      fields.put("intermediate_size", config.intermediate());
      fields.put("vocab_size", config.vocabulary());
      fields.put("max_position_embeddings", config.maxPositions());
      fields.put("type_vocab_size", config.typeVocabulary());
      fields.put("layer_norm_eps", config.layerNormEpsilon());
      new ObjectMapper().writeValue(folder.resolve("config.json").toFile(), fields);
      exportRows(base, csv, folder, seed);
    }
  }

  /** A line a row: its label's number, then its ids. */
  private static void exportRows(BaseModel base, Path csv, Path folder, long seed)
      throws IOException {
    List<LabelledText> rows = LabelledFiles.read(csv, LabelledFiles.Part.TRAIN);
    List<Integer> order = new ArrayList<>(IntStream.range(0, rows.size()).boxed().toList());
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = order.size() - 1; i > 0; i--) {
      Collections.swap(order, i, random.nextInt(i + 1));
    }
    Map<String, List<Integer>> byLabel =
        order.stream()
            .collect(
                Collectors.groupingBy(
                    place -> rows.get(place).label(), TreeMap::new, Collectors.toList()));
    List<String> labels = List.copyOf(byLabel.keySet());
    var chosen =
        byLabel.values().stream()
            .flatMap(places -> places.stream().limit(PER_LABEL))
            .collect(Collectors.toSet());
    TextEncoder encoder = new TextEncoder(base.tokenizer(), MOST_TOKENS);
    List<String> train = new ArrayList<>();
    List<String> test = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      String ids =
          Arrays.stream(encoder.encode(rows.get(i).text()))
              .mapToObj(Integer::toString)
              .collect(Collectors.joining(" "));
      (chosen.contains(i) ? train : test).add(labels.indexOf(rows.get(i).label()) + " " + ids);
    }
    Files.write(folder.resolve("train-" + seed), train);
    Files.write(folder.resolve("test-" + seed), test);
  }

  private static List<TokenRow> rows(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(line -> Arrays.stream(line.split(" ")).mapToInt(Integer::parseInt).toArray())
          .map(row -> TokenRow.classified(Arrays.copyOfRange(row, 1, row.length), row[0]))
          .toList();
    }
  }

  private static void train(Path folder, long seed, EngineSettings settings) throws IOException {
    List<TokenRow> training = rows(folder.resolve("train-" + seed));
    List<TokenRow> test = rows(folder.resolve("test-" + seed));
    int labels = 1 + training.stream().mapToInt(row -> row.labels()[0]).max().orElseThrow();
    ClassificationObjective objective = new ClassificationObjective(0.1, 4);
    try (BaseModel base = BaseModelReader.open(folder.toString());
        Engine engine = EngineFactory.open(settings)) {
      Head head = new Head(labels, Head.Pooling.MEAN);
      LoraAdapter adapter = LoraAdapter.initialise(base, LORA, Optional.of(head), seed);
      try (BertPass pass = new BertPass(engine, base, adapter, objective)) {
        long start = System.nanoTime();
        int steps = train(pass, training, adapter.values(), seed);
        double seconds = (System.nanoTime() - start) * 1e-9;
        System.out.printf(
            Locale.ROOT,
            "seed %d on %s: %d rows, %d steps in %.1f s; %.2f %% of %d test rows right%n",
            seed,
            engine.info().device(),
            training.size(),
            steps,
            seconds,
            100 * accuracy(pass, test, labels),
            test.size());
      }
    }
  }

  private static int train(BertPass pass, List<TokenRow> rows, float[] values, long seed) {
    Batcher batcher = new Batcher(BATCH, seed);
    int total = EPOCHS * ((rows.size() + BATCH - 1) / BATCH);
    int warm = (int) Math.round(WARMUP * total);
    float[] gradient = new float[values.length];
    double[] mean = new double[values.length];
    double[] square = new double[values.length];
    int step = 0;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      for (TokenBatch batch : batcher.epoch(rows, epoch)) {
        long dropout = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step).nextLong();
        pass.lossAndGradient(batch, dropout, gradient);
        double rate =
            step < warm
                ? RATE * (step + 1) / (warm + 1)
                : RATE * Math.max(0, total - step) / (total - warm);
        step++;
        update(values, gradient, mean, square, new double[] {rate, step});
        pass.setParameters(values);
      }
    }
    return step;
  }

  private static void update(
      float[] values, float[] gradient, double[] mean, double[] square, double[] rateAndStep) {
    double norm = 0;
    for (float g : gradient) {
      norm += (double) g * g;
    }
    double clip = Math.min(1, 1 / Math.sqrt(norm));
    double rate = rateAndStep[0];
    double first = 1 - Math.pow(0.9, rateAndStep[1]);
    double second = 1 - Math.pow(0.999, rateAndStep[1]);
    for (int i = 0; i < values.length; i++) {
      double g = clip * gradient[i];
      mean[i] = 0.9 * mean[i] + 0.1 * g;
      square[i] = 0.999 * square[i] + 0.001 * g * g;
      double move = mean[i] / first / (Math.sqrt(square[i] / second) + 1e-8);
      values[i] -= (float) (rate * (move + DECAY * values[i]));
    }
  }

  private static double accuracy(BertPass pass, List<TokenRow> rows, int labels) {
    int right = 0;
    for (TokenBatch batch : new Batcher(64, 1).inOrder(rows)) {
      float[] logits = pass.logits(batch);
      int[] truth = batch.labels();
      for (int i = 0; i < truth.length; i++) {
        int best = 0;
        for (int l = 1; l < labels; l++) {
          best = logits[i * labels + l] > logits[i * labels + best] ? l : best;
        }
        right += best == truth[i] ? 1 : 0;
      }
    }
    return (double) right / rows.size();
  }
}

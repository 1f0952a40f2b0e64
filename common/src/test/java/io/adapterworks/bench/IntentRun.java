package io.adapterworks.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.evaluate.LabelledText;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.BertConfig;
import io.adapterworks.model.SafetensorsWriter;
import io.adapterworks.pass.BertPass;
import io.adapterworks.pipeline.ClassifierTraining;
import io.adapterworks.serve.TextEncoder;
import io.adapterworks.tensor.DType;
import io.adapterworks.tensor.HostTensor;
import io.adapterworks.tensor.Shape;
import io.adapterworks.tokenize.Batcher;
import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import io.adapterworks.train.TrainingConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@link IntentsBenchmark} on a machine that has a card but neither tokenizer nor DL4J: {@code
 * export} writes MiniLM in bfloat16 and the rows as token ids, {@code train} trains by the recipe
 * of {@code reference.conf} on the rows that the benchmark would draw, and tests.
 */
final class IntentRun {
  private static final int HELD_OUT = 1500;
  private static final int TEST_BATCH = 64;
  private static final String MODEL = "builtin:all-minilm-l6-v2";

  private final ClassifierTraining.Recipe recipe;
  private final EngineSettings settings;

  private IntentRun(ClassifierTraining.Recipe recipe, EngineSettings settings) {
    this.recipe = recipe;
    this.settings = settings;
  }

  /**
   * {@code export FOLDER FILE...} or {@code train FOLDER NAME PER_LABEL|all SEED [KEY=VALUE...]}.
   * NAME is that of an exported file without its ending; all: rows of its other part, or 1,500 of
   * the same, test. The pairs are settings, such as {@code training.epochs=10}; {@code
   * engine.dtype} and {@code engine.device} are among them.
   */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[1]);
    if (arguments[0].equals("export")) {
      export(Files.createDirectories(folder), List.of(arguments).subList(2, arguments.length));
      return;
    }
    Config config =
        ConfigFactory.parseResources(IntentRun.class.getClassLoader(), "reference.conf");
    for (String pair : List.of(arguments).subList(5, arguments.length)) {
      config = ConfigFactory.parseString(pair).withFallback(config);
    }
    config = config.resolve();
    IntentRun run = new IntentRun(ClassifierTraining.Recipe.read(config), settings(config));
    run.seed(folder, arguments[2], arguments[3], Long.parseLong(arguments[4]));
  }

  /** On a card unless the settings say otherwise. */
  private static EngineSettings settings(Config config) {
    String device = config.getString("engine.device").toUpperCase(Locale.ROOT);
    String type = config.getString("engine.dtype").toUpperCase(Locale.ROOT);
    return new EngineSettings(
        device.equals("AUTO") ? EngineSettings.Device.CUDA : EngineSettings.Device.valueOf(device),
        EngineSettings.ComputeType.valueOf(type),
        0);
  }

  private static void export(Path folder, List<String> files) throws IOException {
    try (BaseModel base = BaseModelReader.open(MODEL)) {
      Config defaults =
          ConfigFactory.parseResources(IntentRun.class.getClassLoader(), "reference.conf");
      TextEncoder encoder = new TextEncoder(base.tokenizer(), defaults.getInt("base.maxTokens"));
      Vocabulary vocabulary = new Vocabulary();
      for (String file : files) {
        exportRows(encoder, vocabulary, Path.of(file), folder);
      }
      List<HostTensor> weights =
          base.weights().values().stream().map(vocabulary::narrowed).toList();
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
      fields.put("vocab_size", vocabulary.size());
      fields.put("max_position_embeddings", config.maxPositions());
      fields.put("type_vocab_size", config.typeVocabulary());
      fields.put("layer_norm_eps", config.layerNormEpsilon());
      new ObjectMapper().writeValue(folder.resolve("config.json").toFile(), fields);
    }
  }

  /** The tokens that occur, numbered anew: of the embeddings only theirs travel. */
  private static final class Vocabulary {
    private static final String EMBEDDINGS = "embeddings.word_embeddings.weight";

    private final Map<Integer, Integer> numbers = new LinkedHashMap<>();

    int size() {
      return numbers.size();
    }

    int number(int id) {
      return numbers.computeIfAbsent(id, unused -> numbers.size());
    }

    /** In bfloat16; of the embeddings the rows in their new order. */
    HostTensor narrowed(HostTensor weight) {
      float[] values = weight.toFloats();
      if (!weight.name().endsWith(EMBEDDINGS)) {
        return HostTensor.of(weight.name(), DType.BFLOAT16, weight.shape(), values);
      }
      int columns = Math.toIntExact(weight.shape().size(1));
      float[] rows = new float[size() * columns];
      numbers.forEach(
          (id, number) -> System.arraycopy(values, id * columns, rows, number * columns, columns));
      return HostTensor.of(weight.name(), DType.BFLOAT16, Shape.of(size(), columns), rows);
    }
  }

  /** A line a row: its label's number, then its ids; labels in alphabetical order. */
  private static void exportRows(TextEncoder encoder, Vocabulary vocabulary, Path file, Path folder)
      throws IOException {
    String whole = file.getFileName().toString();
    List<LabelledText> train = LabelledFiles.read(file, LabelledFiles.Part.TRAIN);
    List<LabelledText> test =
        whole.endsWith(".json") ? LabelledFiles.read(file, LabelledFiles.Part.TEST) : List.of();
    List<String> labels =
        Stream.concat(train.stream(), test.stream())
            .map(LabelledText::label)
            .distinct()
            .sorted()
            .toList();
    Function<LabelledText, String> line =
        row ->
            labels.indexOf(row.label())
                + " "
                + Arrays.stream(encoder.encode(row.text()))
                    .mapToObj(id -> Integer.toString(vocabulary.number(id)))
                    .collect(Collectors.joining(" "));
    String name = whole.substring(0, whole.lastIndexOf('.'));
    Files.write(folder.resolve(name + ".train"), train.stream().map(line).toList());
    if (!test.isEmpty()) {
      Files.write(folder.resolve(name + ".test"), test.stream().map(line).toList());
    }
  }

  private static List<TokenRow> rows(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .map(line -> Arrays.stream(line.split(" ")).mapToInt(Integer::parseInt).toArray())
          .map(row -> TokenRow.classified(Arrays.copyOfRange(row, 1, row.length), row[0]))
          .toList();
    }
  }

  /** The places that {@link IntentsBenchmark} would train on. */
  private static Set<Integer> chosen(
      List<TokenRow> rows, String perLabel, long seed, boolean separate) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, rows.size()).boxed().toList());
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = order.size() - 1; i > 0; i--) {
      Collections.swap(order, i, random.nextInt(i + 1));
    }
    if (perLabel.equals("all")) {
      return new HashSet<>(order.subList(separate ? 0 : HELD_OUT, order.size()));
    }
    Map<Integer, List<Integer>> byLabel =
        order.stream()
            .collect(
                Collectors.groupingBy(
                    place -> rows.get(place).labels()[0], TreeMap::new, Collectors.toList()));
    return byLabel.values().stream()
        .flatMap(places -> places.stream().limit(Integer.parseInt(perLabel)))
        .collect(Collectors.toSet());
  }

  private void seed(Path folder, String name, String perLabel, long seed) throws IOException {
    List<TokenRow> all = rows(folder.resolve(name + ".train"));
    Path other = folder.resolve(name + ".test");
    boolean separate = Files.exists(other);
    Set<Integer> chosen = chosen(all, perLabel, seed, separate);
    List<TokenRow> training = part(all, chosen::contains);
    List<TokenRow> test = separate ? rows(other) : part(all, place -> !chosen.contains(place));
    int labels = 1 + all.stream().mapToInt(row -> row.labels()[0]).max().orElseThrow();
    try (BaseModel base = BaseModelReader.open(folder.toString());
        Engine engine = EngineFactory.open(settings)) {
      Head head = new Head(labels, recipe.base().pooling());
      LoraAdapter adapter = LoraAdapter.initialise(base, recipe.lora(), Optional.of(head), seed);
      try (BertPass pass =
          new BertPass(
              engine, base, adapter, recipe.training().objective(), recipe.base().dropout())) {
        long start = System.nanoTime();
        int steps = train(pass, training, adapter.values(), seed);
        double seconds = (System.nanoTime() - start) * 1e-9;
        System.out.printf(
            Locale.ROOT,
            "%s %s per label, seed %d, %s on %s: %d rows, %d steps in %.1f s; %.2f %% of %d test"
                + " rows right%n",
            name,
            perLabel,
            seed,
            engine.info().computeType(),
            engine.info().device(),
            training.size(),
            steps,
            seconds,
            100 * accuracy(pass, test, labels),
            test.size());
        System.out.flush();
      }
    }
  }

  private static List<TokenRow> part(List<TokenRow> rows, IntPredicate wanted) {
    return IntStream.range(0, rows.size()).filter(wanted).mapToObj(rows::get).toList();
  }

  private int train(BertPass pass, List<TokenRow> rows, float[] values, long seed) {
    TrainingConfig training = recipe.training();
    int batch = training.batchSize();
    Batcher batcher = new Batcher(batch, seed);
    int total = training.epochs() * ((rows.size() + batch - 1) / batch);
    int warm = (int) Math.round(training.warmupRatio() * total);
    float[] gradient = new float[values.length];
    double[] mean = new double[values.length];
    double[] square = new double[values.length];
    int step = 0;
    for (int epoch = 0; epoch < training.epochs(); epoch++) {
      for (TokenBatch rowsOfStep : batcher.epoch(rows, epoch)) {
        long dropout = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + step).nextLong();
        pass.lossAndGradient(rowsOfStep, dropout, gradient);
        double share = Math.max(0.0, total - step) / Math.max(1, total - warm);
        double decayed =
            switch (training.decay()) {
              case CONSTANT -> 1;
              case LINEAR -> share;
              case COSINE -> 0.5 * (1 - Math.cos(Math.PI * share));
            };
        double rise = step < warm ? (step + 1.0) / (warm + 1) : decayed;
        step++;
        update(values, gradient, mean, square, training.learningRate() * rise, step);
        pass.setParameters(values);
      }
    }
    return step;
  }

  private void update(
      float[] values, float[] gradient, double[] mean, double[] square, double rate, int step) {
    TrainingConfig training = recipe.training();
    double norm = 0;
    for (float g : gradient) {
      norm += (double) g * g;
    }
    double clip = Math.min(1, training.maxGradientNorm() / Math.sqrt(norm));
    double first = 1 - Math.pow(training.beta1(), step);
    double second = 1 - Math.pow(training.beta2(), step);
    for (int i = 0; i < values.length; i++) {
      double g = clip * gradient[i];
      mean[i] = training.beta1() * mean[i] + (1 - training.beta1()) * g;
      square[i] = training.beta2() * square[i] + (1 - training.beta2()) * g * g;
      double move = mean[i] / first / (Math.sqrt(square[i] / second) + training.epsilon());
      values[i] -= (float) (rate * (move + training.weightDecay() * values[i]));
    }
  }

  private static double accuracy(BertPass pass, List<TokenRow> rows, int labels) {
    int right = 0;
    for (TokenBatch batch : new Batcher(TEST_BATCH, 1).inOrder(rows)) {
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

package io.adapterworks.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.adapter.Head;
import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.LoraConfig;
import io.adapterworks.engine.EngineSettings;
import io.adapterworks.engine.EngineSettings.ComputeType;
import io.adapterworks.engine.EngineSettings.Device;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.model.BaseModel;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.BertConfig;
import io.adapterworks.model.TinyBert;
import io.adapterworks.pass.EncoderDropout;
import io.adapterworks.table.SparkConfig;
import io.adapterworks.table.SparkSessions;
import io.adapterworks.tokenize.TokenRow;
import io.adapterworks.train.CheckpointFolder;
import io.adapterworks.train.CheckpointSaver;
import io.adapterworks.train.PassSteps;
import io.adapterworks.train.StepMetrics;
import io.adapterworks.train.StepRunner;
import io.adapterworks.train.Trainer;
import io.adapterworks.train.TrainingConfig;
import io.adapterworks.train.TrainingData;
import io.adapterworks.train.TrainingObserver;
import io.adapterworks.train.TrainingObservers;
import io.adapterworks.train.TrainingState;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.resource.ResourceProfile;

/**
 * A driver for tests that kill processes. It reads a command a line, words of the form key=value,
 * and says what happens:
 *
 * <ul>
 *   <li>{@code train} trains and answers {@code step N} after each step, {@code done FILE} with the
 *       parameters' bytes in the file, or {@code refused CODE MESSAGE}.
 *   <li>{@code resources} answers with what two tasks hold that ask for no resource, or for a card.
 * </ul>
 */
final class RoundsDriver {
  private static final long SEED = 11;

  private final JavaSparkContext spark;
  private final Map<String, String> command;

  private RoundsDriver(JavaSparkContext spark, Map<String, String> command) {
    this.spark = spark;
    this.command = command;
  }

  public static void main(String[] arguments) throws IOException {
    Map<String, String> settings = new HashMap<>(DevicePlugin.settings());
    // A test's rounds are short, and so is its patience with a process that stands still.
    settings.put("spark.speculation.minTaskRuntime", "500ms");
    settings.put("spark.executor.memory", "700m");
    // Processes that live for seconds: what the second compiler would do is never earned back.
    settings.put("spark.executor.extraJavaOptions", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    System.getProperties().stringPropertyNames().stream()
        .filter(name -> name.startsWith("spark."))
        .forEach(name -> settings.put(name, System.getProperty(name)));
    var session =
        SparkSessions.open("rounds", new SparkConfig("spark.master of the command", 2, settings));
    JavaSparkContext spark = new JavaSparkContext(session.sparkContext());
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      RoundsDriver driver = new RoundsDriver(spark, words(line));
      if (line.startsWith("train ")) {
        driver.train();
      } else {
        System.out.println("resources " + driver.resources());
      }
    }
    session.stop();
  }

  private static Map<String, String> words(String line) {
    Map<String, String> words = new HashMap<>();
    for (String word : line.split(" ", -1)) {
      String[] parts = word.split("=", 2);
      words.put(parts[0], parts[parts.length - 1]);
    }
    return words;
  }

  private int number(String key, int otherwise) {
    return Integer.parseInt(command.getOrDefault(key, Integer.toString(otherwise)));
  }

  /** What each of two tasks holds that run at the same time. */
  private List<String> resources() {
    JavaRDD<Integer> two = spark.parallelize(List.of(1, 2), 2);
    return profile()
        .map(two::withResources)
        .orElse(two)
        .map(
            number -> {
              Thread.sleep(2000);
              return TaskContext.get().resourcesJMap().values().stream()
                  .map(held -> held.name() + " " + String.join(" and ", held.addresses()))
                  .toList()
                  .toString();
            })
        .collect();
  }

  private void train() {
    ClusterConfig config =
        new ClusterConfig(
            number("devices", 2),
            ClusterConfig.Mode.SYNCHRONOUS,
            1,
            Duration.ofSeconds(number("patience", 120)));
    try (BaseModel base = BaseModelReader.open(command.get("base"));
        SparkDevices devices =
            SparkDevices.open(
                spark, config, profile(), line -> System.out.println("log " + line))) {
      float[] parameters = trained(base, devices);
      Path file = Path.of(command.get("out"));
      ByteBuffer bytes = ByteBuffer.allocate(4 * parameters.length);
      bytes.asFloatBuffer().put(parameters);
      Files.write(file, bytes.array());
      System.out.println("done " + file);
    } catch (AdapterworksException refused) {
      System.out.println("refused " + refused.code() + " " + refused.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Optional<ResourceProfile> profile() {
    return command.containsKey("gpu")
        ? Optional.of(TrainingResources.gpu(spark))
        : Optional.empty();
  }

  private float[] trained(BaseModel base, SparkDevices devices) {
    TrainingData data = new TrainingData(rows(base), List.of());
    TrainingConfig training = training();
    LoraConfig lora = lora();
    Head head = new Head(command.containsKey("texts") ? 20 : 3, Head.Pooling.MEAN);
    EngineSettings engine = new EngineSettings(Device.CPU, ComputeType.FLOAT32, 1);
    ModelSpec spec =
        ModelSpec.of(
            base,
            new ModelSpec.Recipe(engine, lora, training, EncoderDropout.NONE),
            Optional.of(head),
            SEED);
    TrainingExecutors executors = new TrainingExecutors(devices, spec, RoundsDriver::tell);
    LoraAdapter initial = LoraAdapter.initialise(base, lora, Optional.of(head), SEED);
    ClusterPass pass =
        new ClusterPass.Classifier(
            executors, initial.layout(), ((BertConfig) base.config()).hidden(), initial.values());
    int average = number("average", 0);
    StepRunner runner =
        average > 0 ? new AveragingSteps(executors, average) : new PassSteps(pass, training);
    Optional<CheckpointFolder> checkpoints = checkpoints();
    TrainingState from =
        checkpoints
            .flatMap(folder -> folder.newest(reason -> System.out.println("log " + reason)))
            .orElseGet(() -> TrainingState.initial(initial.values()));
    System.out.println("begins after step " + from.step());
    List<TrainingObserver> observers = new ArrayList<>(List.of(new Teller()));
    checkpoints.ifPresent(
        folder ->
            observers.add(
                new CheckpointSaver(
                    folder, () -> false, line -> System.out.println("log " + line))));
    return new Trainer(pass, runner, training, SEED, new TrainingObservers(observers))
        .train(data, from)
        .parameters();
  }

  private static void tell(RoundReport report) {
    System.out.printf(
        "round %d ms, overhead %d ms, on %s%n",
        report.wall().toMillis(),
        report.overhead().toMillis(),
        report.shares().stream().map(RoundReport.ShareTime::device).toList());
  }

  private Optional<CheckpointFolder> checkpoints() {
    return Optional.ofNullable(command.get("checkpoints"))
        .map(
            folder ->
                new CheckpointFolder(
                    new org.apache.hadoop.fs.Path(folder), spark.hadoopConfiguration(), "test", 2));
  }

  /** Says each step, and rests after it where the command says so. */
  private final class Teller implements TrainingObserver {
    @Override
    public void step(StepMetrics metrics) {
      System.out.println("step " + metrics.step() + " loss " + metrics.loss());
      try {
        Thread.sleep(number("rest", 0));
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Of the tiny model, or of a file of labelled messages. */
  private List<TokenRow> rows(BaseModel base) {
    int count = number("steps", 50) * number("batch", 8);
    if (!command.containsKey("texts")) {
      return TinyBert.rows(count, 3);
    }
    List<TokenRow> rows = new ArrayList<>();
    Map<String, Integer> labels = new TreeMap<>();
    try {
      // Decoded leniently: the sample has a broken byte on purpose.
      byte[] file = Files.readAllBytes(Path.of(command.get("texts")));
      for (String line : new String(file, StandardCharsets.UTF_8).lines().toList()) {
        Optional<JsonNode> json = parsed(line);
        String text = json.map(node -> node.path("message").asText("")).orElse("");
        String label = json.map(node -> node.path("intent").asText("")).orElse("");
        if (!text.isBlank() && !label.isBlank() && rows.size() < count) {
          int number = labels.computeIfAbsent(label, name -> labels.size()) % 20;
          rows.add(TokenRow.classified(base.tokenizer().encode(text, 16), number));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rows;
  }

  /** The sample has broken lines on purpose. */
  private static Optional<JsonNode> parsed(String line) {
    try {
      return Optional.of(new ObjectMapper().readTree(line));
    } catch (IOException broken) {
      return Optional.empty();
    }
  }

  private static LoraConfig lora() {
    return new LoraConfig(
        4,
        8,
        0.2,
        List.of("query", "value"),
        Optional.empty(),
        List.of(),
        false,
        false,
        Map.of(),
        Map.of());
  }

  private TrainingConfig training() {
    return new TrainingConfig(
        1,
        number("batch", 8),
        5e-3,
        1,
        0.1,
        TrainingConfig.Decay.LINEAR,
        0.01,
        1,
        0.1,
        1,
        0.9,
        0.999,
        1e-8,
        new TrainingConfig.EarlyStopping(0, 0),
        number("every", 0));
  }
}

package io.adapterworks.pipeline;

import io.adapterworks.curate.source.InputConfig;
import io.adapterworks.curate.source.InputFiles;
import io.adapterworks.curate.source.Intake;
import io.adapterworks.engine.Engine;
import io.adapterworks.engine.EngineFactory;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModelReader;
import io.adapterworks.model.BertConfig;
import io.adapterworks.model.LinearModule;
import io.adapterworks.model.LlamaConfig;
import io.adapterworks.model.ModelConfig;
import io.adapterworks.table.InProcessLocalFileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Finds what must fail before a job starts Spark, reads data or trains for minutes. Each method
 * looks at one part of a use case and fails as the job itself would, only earlier.
 */
public final class Preflight {
  private static final Pattern REMOTE = Pattern.compile("^(?!file:)[a-z][a-z0-9+.-]+:/.*");

  private Preflight() {}

  /** The inputs are there, where they are local, and their formats are known. */
  public static void inputs(UseCase useCase) {
    Check.that(
        !useCase.inputs().isEmpty(),
        ErrorCode.CONFIGURATION,
        "inputs is empty; expected where the raw examples are, for example inputs = [ { path ="
            + " \"messages/*.jsonl\", columns { text = message, label = intent } } ] in the use"
            + " case");
    InputFiles files = new InputFiles(InProcessLocalFileSystem.configuration());
    for (InputConfig input : useCase.inputs()) {
      if (!isRemote(input.path())) {
        files.list(input, Intake.everything("preflight"));
      }
    }
  }

  /** The warehouse can be written, where it is local. */
  public static void warehouse(UseCase useCase) {
    if (isRemote(useCase.warehouse())) {
      return;
    }
    Path folder = local(useCase.warehouse());
    Path there = folder;
    while (there != null && !Files.exists(there)) {
      there = there.getParent();
    }
    Check.that(
        there != null && Files.isDirectory(there),
        ErrorCode.CONFIGURATION,
        "warehouse=%s cannot be a folder: %s is a file; set warehouse to another folder",
        folder,
        there);
    Check.that(
        Files.isWritable(there),
        ErrorCode.STORAGE,
        "warehouse=%s cannot be written: permission denied on %s; give this user write access, or"
            + " set warehouse to a folder it may write",
        folder,
        there);
  }

  /**
   * A use case is named, whose labels and settings decide what becomes of all rows, and {@link
   * #warehouse}.
   */
  public static void curation(UseCase useCase) {
    useCase.adapterName();
    warehouse(useCase);
  }

  /**
   * The adapter has a name, fits its base model, and the engine that it asks for is here, if
   * training is.
   */
  public static void training(UseCase useCase) {
    useCase.adapterName();
    BaseModelReader.Outline base = outline(useCase.base().model());
    ModelConfig model = base.config();
    Check.that(
        useCase.task() != UseCase.Task.CLASSIFICATION || model instanceof BertConfig,
        ErrorCode.CONFIGURATION,
        "base.model=%s is a %s model; expected an encoder of the BERT family for task ="
            + " classification",
        useCase.base().model(),
        model.modelType());
    Check.that(
        useCase.task() != UseCase.Task.GENERATION || model instanceof LlamaConfig,
        ErrorCode.CONFIGURATION,
        "base.model=%s is a %s model, which generates nothing; expected a folder with a decoder of"
            + " the Llama family for task = generation",
        useCase.base().model(),
        model.modelType());
    Check.that(
        useCase.base().maxTokens() <= model.maxPositions(),
        ErrorCode.CONFIGURATION,
        "base.maxTokens=%d exceeds the longest sequence of %s, %d; expected 3 to %d",
        useCase.base().maxTokens(),
        useCase.base().model(),
        model.maxPositions(),
        model.maxPositions());
    List<LinearModule> selected = useCase.lora().select(base.linearModules());
    useCase.lora().checkFits(selected);
    if (useCase.spark().isEmbedded()) {
      try (Engine engine = EngineFactory.open(useCase.engine())) {
        engine.info();
      }
    }
  }

  private static BaseModelReader.Outline outline(String location) {
    try {
      return BaseModelReader.outline(location);
    } catch (AdapterworksException unusable) {
      throw new AdapterworksException(
          ErrorCode.CONFIGURATION, "base.model: " + unusable.getMessage(), unusable);
    }
  }

  private static boolean isRemote(String path) {
    return REMOTE.matcher(path).matches();
  }

  private static Path local(String path) {
    return Path.of(path.replaceFirst("^file:/+", "/")).toAbsolutePath().normalize();
  }
}

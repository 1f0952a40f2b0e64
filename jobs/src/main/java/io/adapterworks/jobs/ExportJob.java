package io.adapterworks.jobs;

import io.adapterworks.model.gguf.GgufDecoder.Precision;
import io.adapterworks.pipeline.AdapterExport;
import io.adapterworks.registry.AdapterManifest;
import io.adapterworks.registry.AdapterRef;
import io.adapterworks.registry.AdapterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code adapters export}: a registered adapter for use elsewhere. */
@Command(
    name = "export",
    description = {
      "Saves a registered adapter for use elsewhere; it is read back and compared first.",
      "  peft         PEFT's folder, for PEFT, vLLM and others",
      "  merged       a model in Hugging Face layout with the adapter merged in",
      "  gguf         for llama.cpp: the base and the adapter, a file each",
      "  gguf-merged  for llama.cpp: one file with the adapter merged in"
    },
    mixinStandardHelpOptions = true)
final class ExportJob implements Callable<Integer> {
  @Mixin private SettingsOptions settings;

  @Parameters(paramLabel = "NAME@VERSION", description = "NAME@3, or NAME@champion.")
  private String adapter;

  @Option(
      names = "--format",
      required = true,
      converter = FormatName.class,
      description = "peft, merged, gguf or gguf-merged.")
  private AdapterExport.Format format;

  @Option(
      names = "--precision",
      defaultValue = "F16",
      description = "Of GGUF's matrices: ${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}.")
  private Precision precision;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "FOLDER",
      description = "Where to; a folder that does not exist yet.")
  private Path folder;

  /** The formats as they are written on the command line. */
  static final class FormatName implements ITypeConverter<AdapterExport.Format> {
    @Override
    public AdapterExport.Format convert(String name) {
      for (AdapterExport.Format format : AdapterExport.Format.values()) {
        if (format.name().replace('_', '-').equals(name.toUpperCase(Locale.ROOT))) {
          return format;
        }
      }
      throw new TypeConversionException(
          "'" + name + "' is no format; expected peft, merged, gguf or gguf-merged");
    }
  }

  @Override
  public Integer call() throws IOException {
    AdapterRef ref = AdapterRef.parse(adapter);
    Path scratch = Files.createTempDirectory("adapterworks-export");
    scratch.toFile().deleteOnExit();
    try (JobSession session = JobSession.open(settings, "adapters-export")) {
      AdapterRegistry registry = session.warehouse().registry();
      AdapterManifest manifest = registry.resolve(ref);
      List<String> done =
          AdapterExport.write(
              manifest,
              registry.localFolder(manifest, scratch),
              session.useCase().engine(),
              new AdapterExport.Request(format, precision, folder));
      done.forEach(System.out::println);
    }
    return 0;
  }
}

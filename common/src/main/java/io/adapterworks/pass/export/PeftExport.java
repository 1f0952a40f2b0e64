package io.adapterworks.pass.export;

import io.adapterworks.adapter.LoraAdapter;
import io.adapterworks.adapter.PeftDirectory;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.model.BaseModel;
import io.adapterworks.tensor.DType;
import java.nio.file.Path;
import java.util.Arrays;

/** Saves an adapter as a folder that PEFT, vLLM and llama.cpp's converter read. */
public final class PeftExport {
  private PeftExport() {}

  /**
   * Writes {@code folder}, which must not exist yet; it counts as written only when the adapter
   * read back from it is the same, bit for bit.
   */
  public static void write(Path folder, BaseModel base, LoraAdapter adapter) {
    ExportFolder.write(
        folder,
        temporary -> {
          PeftDirectory.write(temporary, adapter, base, DType.FLOAT32);
          LoraAdapter read = PeftDirectory.read(temporary, base);
          Check.that(
              Arrays.equals(adapter.values(), read.values())
                  && adapter.config().equals(read.config()),
              ErrorCode.NUMERIC,
              "the adapter read back from %s is not the one that was written; it was not saved",
              folder);
          return read;
        });
  }
}

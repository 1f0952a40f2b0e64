package io.adapterworks.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said where CUDA's libraries are not all there; needs no card. */
class CudaLibrariesTest {
  @TempDir Path first;
  @TempDir Path second;

  private void hold(Path folder, String... files) throws IOException {
    for (String file : files) {
      Files.createFile(folder.resolve(file));
    }
  }

  @Test
  void theMessageNamesEachMissingFileWhereItWasLookedForAndWhatInstallsIt() throws IOException {
    hold(first, "libcuda.so.1", "libcudart.so.13");
    hold(second, "libnvrtc.so.13");
    assertEquals(
        "no libcublas.so.13, libcublasLt.so.13; looked in "
            + first
            + ", "
            + second
            + " (no jnicublas); apt-get install libcublas-13-0, or add the folder that holds them"
            + " to LD_LIBRARY_PATH, or set engine.device=cpu",
        CudaLibraries.describe(List.of(first, second), "no jnicublas"));
  }

  @Test
  void anotherVersionIsNotTheFile() throws IOException {
    hold(
        first,
        "libcuda.so.1",
        "libcudart.so.13",
        "libcublas.so.12",
        "libcublasLt.so.13",
        "libnvrtc.so.13");
    assertEquals(
        List.of("libcublas.so.13"),
        CudaLibraries.missing(List.of(first)).stream().map(CudaLibraries.Library::file).toList());
  }

  @Test
  void filesThatAreThereAndDoNotLoadAreSaidToBe() throws IOException {
    hold(
        first,
        "libcuda.so.1",
        "libcudart.so.13",
        "libcublas.so.13",
        "libcublasLt.so.13",
        "libnvrtc.so.13");
    assertEquals(
        "the CUDA 13 libraries in "
            + first
            + " could not be loaded (wrong ELF class); expected those of CUDA 13 for this"
            + " processor; reinstall them, or set engine.device=cpu",
        CudaLibraries.describe(List.of(first), "wrong ELF class"));
  }
}

package io.adapterworks.engine.cuda;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.javacpp.Loader;

/** The machine's own CUDA 13 libraries: loads them, or says which is missing and how to get it. */
final class CudaLibraries {
  /**
   * One library.
   *
   * @param file its name
   * @param cure what installs it
   */
  record Library(String file, String cure) {}

  private static final List<Library> NEEDED =
      List.of(
          new Library("libcuda.so.1", "install NVIDIA's driver, 580 or newer"),
          new Library("libcudart.so.13", "apt-get install cuda-cudart-13-0"),
          new Library("libcublas.so.13", "apt-get install libcublas-13-0"),
          new Library("libcublasLt.so.13", "apt-get install libcublas-13-0"),
          new Library("libnvrtc.so.13", "apt-get install cuda-nvrtc-13-0"));

  private static final List<String> SYSTEM_FOLDERS =
      List.of(
          "/usr/local/cuda/lib64",
          "/usr/lib/x86_64-linux-gnu",
          "/usr/lib/aarch64-linux-gnu",
          "/lib/x86_64-linux-gnu",
          "/usr/lib64",
          "/usr/lib");

  private CudaLibraries() {}

  /**
   * Loads what the engine needs.
   *
   * @throws AdapterworksException DEVICE, naming each file that was not found, where it was looked
   *     for, and what installs it
   */
  static void load() {
    try {
      Loader.load(cudart.class);
      Loader.load(cublas.class);
      Loader.load(nvrtc.class);
    } catch (LinkageError failure) {
      throw new AdapterworksException(
          ErrorCode.DEVICE, describe(folders(), failure.getMessage()), failure);
    }
  }

  /** {@code LD_LIBRARY_PATH}, then the system's folders. */
  static List<Path> folders() {
    String path = System.getenv().getOrDefault("LD_LIBRARY_PATH", "");
    Stream<String> named = Arrays.stream(path.split(File.pathSeparator)).filter(s -> !s.isBlank());
    return Stream.concat(named, SYSTEM_FOLDERS.stream()).distinct().map(Path::of).toList();
  }

  /** Those that none of the folders holds. */
  static List<Library> missing(List<Path> folders) {
    return NEEDED.stream()
        .filter(
            library ->
                folders.stream().noneMatch(folder -> Files.exists(folder.resolve(library.file))))
        .toList();
  }

  /**
   * @param reason what the loader said
   */
  static String describe(List<Path> folders, String reason) {
    List<Library> missing = missing(folders);
    String files = join(missing.stream().map(Library::file));
    String where = join(folders.stream().map(Path::toString));
    if (missing.isEmpty()) {
      return String.format(
          "the CUDA 13 libraries in %s could not be loaded (%s); expected those of CUDA 13 for this"
              + " processor; reinstall them, or set engine.device=cpu",
          where, reason);
    }
    return String.format(
        "no %s; looked in %s (%s); %s, or add the folder that holds %s to LD_LIBRARY_PATH, or set"
            + " engine.device=cpu",
        files,
        where,
        reason,
        missing.stream().map(Library::cure).distinct().collect(Collectors.joining("; ")),
        missing.size() == 1 ? "it" : "them");
  }

  private static String join(Stream<String> parts) {
    return parts.collect(Collectors.joining(", "));
  }
}

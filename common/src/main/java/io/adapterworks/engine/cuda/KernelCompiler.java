package io.adapterworks.engine.cuda;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * Compiles the {@code .cu} resources for the card that is there. What was compiled is kept in a
 * folder under the hash of source and options, so that the next process loads it at once.
 */
final class KernelCompiler {
  private static final String FOLDER = "/io/adapterworks/engine/cuda/";

  private final String architecture;
  private final Path cache;

  /**
   * @param architecture for example {@code sm_90}
   * @param cache where compiled kernels are kept; made when missing
   */
  KernelCompiler(String architecture, Path cache) {
    this.architecture = architecture;
    this.cache = cache;
  }

  /** Machine code of these resources, one after the other, with these macros. */
  byte[] compile(List<String> resources, List<String> macros) {
    StringBuilder source = new StringBuilder();
    for (String resource : resources) {
      source.append("#line 1 \"").append(resource).append("\"\n").append(read(resource));
    }
    List<String> options =
        Stream.concat(
                Stream.of("--gpu-architecture=" + architecture, "--std=c++17", "-default-device"),
                macros.stream().map(macro -> "-D" + macro))
            .toList();
    Path cached = cache.resolve(hash(source + "\n" + options) + ".cubin");
    try {
      if (Files.exists(cached)) {
        return Files.readAllBytes(cached);
      }
      byte[] code = compile(source.toString(), resources.get(resources.size() - 1), options);
      Files.createDirectories(cache);
      Path fresh = Files.createTempFile(cache, "kernel", ".part");
      Files.write(fresh, code);
      Files.move(fresh, cached, StandardCopyOption.ATOMIC_MOVE);
      return code;
    } catch (IOException failure) {
      throw new UncheckedIOException("the kernel cache " + cache + " cannot be used", failure);
    }
  }

  private static byte[] compile(String source, String name, List<String> options) {
    _nvrtcProgram program = new _nvrtcProgram();
    try (BytePointer text = new BytePointer(source);
        BytePointer file = new BytePointer(name);
        PointerPointer<BytePointer> arguments =
            new PointerPointer<>(options.toArray(new String[0]))) {
      CudaStatus.compiler(
          nvrtc.nvrtcCreateProgram(
              program, text, file, 0, (PointerPointer<?>) null, (PointerPointer<?>) null),
          "reading " + name);
      int status = nvrtc.nvrtcCompileProgram(program, options.size(), arguments);
      Check.that(
          status == nvrtc.NVRTC_SUCCESS,
          ErrorCode.DEVICE,
          "the kernels of %s do not compile with %s:%n%s",
          name,
          options,
          log(program));
      try (SizeTPointer size = new SizeTPointer(1)) {
        CudaStatus.compiler(nvrtc.nvrtcGetCUBINSize(program, size), "measuring " + name);
        byte[] code = new byte[Math.toIntExact(size.get())];
        CudaStatus.compiler(nvrtc.nvrtcGetCUBIN(program, code), "fetching " + name);
        return code;
      }
    } finally {
      nvrtc.nvrtcDestroyProgram(program);
    }
  }

  private static String log(_nvrtcProgram program) {
    try (SizeTPointer size = new SizeTPointer(1)) {
      nvrtc.nvrtcGetProgramLogSize(program, size);
      byte[] text = new byte[Math.toIntExact(size.get())];
      nvrtc.nvrtcGetProgramLog(program, text);
      return new String(text, StandardCharsets.UTF_8).trim();
    }
  }

  private static String read(String resource) {
    try (InputStream stream = KernelCompiler.class.getResourceAsStream(FOLDER + resource)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failure) {
      throw new UncheckedIOException("cannot read " + resource, failure);
    }
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every Java has SHA-256", impossible);
    }
  }
}

package io.adapterworks.registry;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import io.adapterworks.table.StorageFailures;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** SHA-256 digests of local files. */
final class FileDigests {
  private FileDigests() {}

  /** Digest by file name, as 64 hexadecimal digits. */
  static Map<String, String> of(List<Path> files) {
    Map<String, String> digests = new TreeMap<>();
    files.forEach(file -> digests.put(file.getFileName().toString(), of(file)));
    return digests;
  }

  /** Fails with MODEL unless every file that the manifest names is in {@code folder} unchanged. */
  static void verify(AdapterManifest manifest, Path folder) {
    manifest
        .files()
        .forEach(
            (name, digest) -> {
              Path file = folder.resolve(name);
              Check.that(
                  Files.isRegularFile(file) && of(file).equals(digest),
                  ErrorCode.MODEL,
                  "%s is %s; expected the file that was published as %s; restore it or use"
                      + " another version",
                  file,
                  Files.exists(file) ? "changed" : "missing",
                  manifest.ref());
            });
  }

  private static String of(Path file) {
    try (InputStream in =
        new DigestInputStream(Files.newInputStream(file), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(((DigestInputStream) in).getMessageDigest().digest());
    } catch (IOException failure) {
      throw StorageFailures.explain("read " + file, "nothing was changed", failure);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}

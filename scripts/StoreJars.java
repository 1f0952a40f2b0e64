import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Copies jars without compressing what is in them: java StoreJars.java FOLDER JAR…. An archive of
 * such jars is half as large as one of compressed jars, because it is compressed as a whole.
 */
final class StoreJars {
  private StoreJars() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    for (int i = 1; i < arguments.length; i++) {
      Path jar = Path.of(arguments[i]);
      copy(jar, folder.resolve(jar.getFileName()));
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (ZipFile in = new ZipFile(from.toFile());
        OutputStream file = Files.newOutputStream(to);
        ZipOutputStream out = new ZipOutputStream(file)) {
      out.setMethod(ZipOutputStream.STORED);
      Set<String> names = new HashSet<>();
      for (Enumeration<? extends ZipEntry> all = in.entries(); all.hasMoreElements(); ) {
        ZipEntry entry = all.nextElement();
        // Some jars hold a name twice; a class path sees the first.
        if (names.add(entry.getName())) {
          byte[] bytes = in.getInputStream(entry).readAllBytes();
          ZipEntry stored = new ZipEntry(entry.getName());
          CRC32 checksum = new CRC32();
          checksum.update(bytes);
          stored.setCrc(checksum.getValue());
          stored.setSize(bytes.length);
          stored.setTime(entry.getTime());
          out.putNextEntry(stored);
          out.write(bytes);
          out.closeEntry();
        }
      }
    }
  }
}

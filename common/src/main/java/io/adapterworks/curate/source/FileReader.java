package io.adapterworks.curate.source;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.util.SerializableConfiguration;

/** Reads the lines of JSONL and CSV files, gzip or not, where the task runs. */
public final class FileReader implements Serializable {
  private final SerializableConfiguration hadoop;
  private final int maxLineBytes;

  public FileReader(Configuration hadoop, int maxLineBytes) {
    this.hadoop = new SerializableConfiguration(hadoop);
    this.maxLineBytes = maxLineBytes;
  }

  /** Every line of the file; a file that cannot be opened gives one line that says so. */
  public Iterator<RawLine> read(InputFile file) {
    Iterator<RawLine> lines;
    try {
      lines = lines(file);
    } catch (IOException failure) {
      return List.of(
              new RawLine(
                  1, "", RawLine.UNREADABLE_FILE, "the file cannot be opened: " + reason(failure)))
          .iterator();
    }
    return file.format() == InputFormat.CSV ? new CsvLines(lines) : lines;
  }

  /** Why the file cannot be opened, or empty where it can. */
  public Optional<String> fault(InputFile file) {
    try {
      open(file).close();
      return Optional.empty();
    } catch (IOException unreadable) {
      return Optional.of(reason(unreadable));
    }
  }

  /** Hadoop's local filesystem says the path before the reason, and the path again after it. */
  private static String reason(IOException unreadable) {
    String message = String.valueOf(unreadable.getMessage());
    return message.contains("Permission denied") ? "permission denied" : message;
  }

  private Iterator<RawLine> lines(InputFile file) throws IOException {
    if (file.format() != InputFormat.JSONL) {
      return new LineReader(open(file), maxLineBytes);
    }
    BufferedInputStream bytes = new BufferedInputStream(open(file), 1 << 16);
    return JsonArrayLines.startsArray(bytes)
        ? new JsonArrayLines(bytes, maxLineBytes)
        : new LineReader(bytes, maxLineBytes);
  }

  /** The header of a CSV file; empty where it cannot be read. */
  public List<String> header(InputFile file) {
    try (LineReader lines = new LineReader(open(file), maxLineBytes)) {
      return CsvLines.header(lines);
    } catch (IOException unreadable) {
      return List.of();
    }
  }

  private InputStream open(InputFile file) throws IOException {
    Path path = new Path(file.path());
    FileSystem files = path.getFileSystem(hadoop.value());
    InputStream bytes = new BufferedInputStream(files.open(path), 1 << 16);
    if (!file.path().toLowerCase(Locale.ROOT).endsWith(".gz")) {
      return bytes;
    }
    try {
      return new GZIPInputStream(bytes, 1 << 16);
    } catch (IOException corrupt) {
      bytes.close();
      throw corrupt;
    }
  }
}

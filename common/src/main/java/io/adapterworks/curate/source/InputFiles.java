package io.adapterworks.curate.source;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Finds the files of an input. Hidden files (a leading dot or underscore) are passed over. */
public final class InputFiles {
  private final Configuration hadoop;

  public InputFiles(Configuration hadoop) {
    this.hadoop = hadoop;
  }

  /** The files of {@code input}, by name; fails where there is none. */
  public List<InputFile> list(InputConfig input) {
    Path pattern = new Path(input.path());
    try {
      FileSystem files = pattern.getFileSystem(hadoop);
      FileStatus[] matches = files.globStatus(pattern);
      Check.that(
          matches != null && matches.length > 0,
          ErrorCode.CONFIGURATION,
          "inputs.path=%s matches no file; expected a file, a folder or a pattern; correct the"
              + " path; a relative one starts at the use case's folder",
          input.path());
      List<InputFile> found = new ArrayList<>();
      for (FileStatus match : matches) {
        Path root = match.isDirectory() ? match.getPath() : match.getPath().getParent();
        collect(files, match, root, input, found);
      }
      found.sort(Comparator.comparing(InputFile::path));
      return found;
    } catch (IOException failure) {
      throw Check.failure(
          ErrorCode.INPUT,
          "inputs.path=%s cannot be listed: %s; check that this user may read it",
          input.path(),
          failure.getMessage());
    }
  }

  private static void collect(
      FileSystem files, FileStatus entry, Path root, InputConfig input, List<InputFile> found)
      throws IOException {
    String name = entry.getPath().getName();
    if (name.startsWith(".") || name.startsWith("_")) {
      return;
    }
    if (entry.isDirectory()) {
      for (FileStatus child : files.listStatus(entry.getPath())) {
        collect(files, child, root, input, found);
      }
      return;
    }
    InputFormat format = input.format().or(() -> byName(name)).orElseThrow(() -> unknown(name));
    String source = root.toUri().relativize(entry.getPath().toUri()).getPath();
    found.add(
        new InputFile(
            entry.getPath().toString(),
            source,
            format,
            entry.getLen(),
            entry.getModificationTime()));
  }

  private static Optional<InputFormat> byName(String name) {
    String plain = name.toLowerCase(Locale.ROOT).replaceAll("\\.gz$", "");
    if (plain.endsWith(".jsonl") || plain.endsWith(".ndjson") || plain.endsWith(".json")) {
      return Optional.of(InputFormat.JSONL);
    }
    if (plain.endsWith(".csv")) {
      return Optional.of(InputFormat.CSV);
    }
    return plain.endsWith(".parquet") ? Optional.of(InputFormat.PARQUET) : Optional.empty();
  }

  private static RuntimeException unknown(String name) {
    return Check.failure(
        ErrorCode.CONFIGURATION,
        "the format of %s is not clear from its name; expected .jsonl, .csv or .parquet, plain or"
            + " .gz; rename it or set inputs.format",
        name);
  }
}

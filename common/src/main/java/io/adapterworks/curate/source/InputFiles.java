package io.adapterworks.curate.source;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Finds the files of an input: of a path that is there as it is written, else of a pattern. Hidden
 * files (a leading dot or underscore) and files that are still being written by their name ({@code
 * .tmp}, {@code .part}, {@code .partial}, {@code .inprogress}, {@code .writing} or {@code ~} at the
 * end) are passed over.
 */
public final class InputFiles {
  private static final Pattern PASSED_OVER =
      Pattern.compile(
          "[._].*|.*(\\.(tmp|part|partial|inprogress|writing)|~)", Pattern.CASE_INSENSITIVE);

  private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");

  private final Configuration hadoop;

  public InputFiles(Configuration hadoop) {
    this.hadoop = hadoop;
  }

  /**
   * The files of {@code input} that {@code intake} takes. Fails where there is none, unless the
   * path names a date: a date may be without files.
   */
  public FileListing list(InputConfig input, Intake intake) {
    Path pattern = new Path(intake.place(input.path()));
    try {
      FileSystem files = pattern.getFileSystem(hadoop);
      boolean literal = files.exists(pattern);
      FileStatus[] matches =
          literal ? new FileStatus[] {files.getFileStatus(pattern)} : files.globStatus(pattern);
      boolean none = matches == null || matches.length == 0;
      if (none && intake.date().isPresent() && input.path().contains(Intake.DATE)) {
        return new FileListing(List.of(), List.of());
      }
      Check.that(
          !none,
          ErrorCode.CONFIGURATION,
          "inputs.path=%s matches no file; expected a file, a folder or a pattern; correct the"
              + " path; a relative one starts at the use case's folder",
          input.path());
      List<InputFile> found = new ArrayList<>();
      for (FileStatus match : matches) {
        Path root = literal ? folder(match) : root(files, input.path(), match);
        collect(files, match, root, input, found);
      }
      found.sort(Comparator.comparing(InputFile::path));
      return new FileListing(
          found.stream().filter(file -> !intake.mayGrow(file.modified())).toList(),
          found.stream().filter(file -> intake.mayGrow(file.modified())).toList());
    } catch (IOException failure) {
      throw Check.failure(
          ErrorCode.INPUT,
          "inputs.path=%s cannot be listed: %s; check that this user may read it",
          input.path(),
          failure.getMessage());
    }
  }

  /**
   * The folder that names of files are taken from: that of the path before its first wildcard or
   * date, so that files of one name in folders of several dates stay apart.
   */
  private static Path root(FileSystem files, String path, FileStatus match) {
    Path fixed = new Path(path);
    boolean pattern = false;
    while (WILDCARD.matcher(fixed.toString()).find()) {
      fixed = fixed.getParent();
      pattern = true;
    }
    if (pattern) {
      return files.makeQualified(fixed);
    }
    return folder(match);
  }

  private static Path folder(FileStatus match) {
    return match.isDirectory() ? match.getPath() : match.getPath().getParent();
  }

  private static void collect(
      FileSystem files, FileStatus entry, Path root, InputConfig input, List<InputFile> found)
      throws IOException {
    String name = entry.getPath().getName();
    if (PASSED_OVER.matcher(name).matches()) {
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

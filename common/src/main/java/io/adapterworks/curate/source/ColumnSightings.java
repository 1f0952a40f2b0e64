package io.adapterworks.curate.source;

import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.util.AccumulatorV2;

/**
 * Gathers the columns of each file while its lines are read. Sets only grow, so a task that runs
 * twice changes nothing.
 */
public final class ColumnSightings
    extends AccumulatorV2<Map.Entry<String, ColumnTypes>, Map<String, ColumnTypes>> {
  private static final long serialVersionUID = 1L;

  private final TreeMap<String, ColumnTypes> files = new TreeMap<>();

  /** The lines of a file, whose columns are noted when the last of them has been read. */
  public Iterator<RawLine> watch(InputFile file, Iterator<RawLine> lines) {
    ColumnTypes columns = new ColumnTypes();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        boolean more = lines.hasNext();
        if (!more) {
          add(Map.entry(file.path(), columns));
        }
        return more;
      }

      @Override
      public RawLine next() {
        RawLine line = lines.next();
        if (line.isSound()) {
          columns.addObject(line.raw());
        }
        return line;
      }
    };
  }

  /** The columns of a file; none where it was not read. */
  public ColumnTypes of(InputFile file) {
    return files.getOrDefault(file.path(), new ColumnTypes());
  }

  @Override
  public boolean isZero() {
    return files.isEmpty();
  }

  @Override
  public AccumulatorV2<Map.Entry<String, ColumnTypes>, Map<String, ColumnTypes>> copy() {
    ColumnSightings copy = new ColumnSightings();
    copy.merge(this);
    return copy;
  }

  @Override
  public void reset() {
    files.clear();
  }

  @Override
  public void add(Map.Entry<String, ColumnTypes> sighting) {
    files.computeIfAbsent(sighting.getKey(), any -> new ColumnTypes()).addAll(sighting.getValue());
  }

  @Override
  public void merge(AccumulatorV2<Map.Entry<String, ColumnTypes>, Map<String, ColumnTypes>> other) {
    other.value().entrySet().forEach(this::add);
  }

  @Override
  public Map<String, ColumnTypes> value() {
    return files;
  }
}

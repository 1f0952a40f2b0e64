package io.adapterworks.bench;

import io.adapterworks.curate.CurationConfig;
import io.adapterworks.curate.duplicate.Signature;
import io.adapterworks.curate.duplicate.TextKey;
import io.adapterworks.curate.pii.PiiConfig;
import io.adapterworks.curate.pii.PiiMasker;
import io.adapterworks.curate.pii.PiiType;
import io.adapterworks.curate.row.Draft;
import io.adapterworks.curate.row.ParseStep;
import io.adapterworks.curate.row.RowPipeline;
import io.adapterworks.curate.row.RowStep;
import io.adapterworks.curate.row.StepResult;
import io.adapterworks.curate.source.ColumnMapping;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What each row step costs, in microseconds of one thread for each raw row. */
public final class StepProfile {
  private final CurationConfig config;

  public StepProfile(CurationConfig config) {
    this.config = config;
  }

  /** Runs every line through the steps twice and times the second pass. */
  public Map<String, Double> run(List<String> lines) {
    pass(lines);
    return pass(lines);
  }

  private Map<String, Double> pass(List<String> lines) {
    Map<String, Double> micros = new LinkedHashMap<>();
    ColumnMapping columns =
        new ColumnMapping("text", Optional.of("label"), Optional.empty(), Optional.empty());
    ParseStep parse = new ParseStep();
    long begun = cpu();
    List<Draft> drafts = new ArrayList<>();
    for (String line : lines) {
      keep(parse.parse(line, columns).result(), drafts);
    }
    note(micros, ParseStep.NAME, begun, lines.size());
    List<Draft> unmasked = drafts;
    for (RowStep step : new RowPipeline(config.rows(List.of())).steps()) {
      begun = cpu();
      List<Draft> kept = new ArrayList<>();
      for (Draft draft : drafts) {
        keep(step.apply(draft), kept);
      }
      note(micros, step.name(), begun, lines.size());
      unmasked = drafts;
      drafts = kept;
    }
    for (PiiType type : config.pii().types()) {
      PiiMasker masker = new PiiMasker(new PiiConfig(List.of(type), config.pii().phoneRegions()));
      begun = cpu();
      unmasked.forEach(draft -> masker.find(draft.text()));
      note(micros, "of which " + type.name().toLowerCase(Locale.ROOT), begun, lines.size());
    }
    signatures(drafts, micros, lines.size());
    return micros;
  }

  private void signatures(List<Draft> drafts, Map<String, Double> micros, int rows) {
    long begun = cpu();
    List<String> keys = drafts.stream().map(draft -> TextKey.of(draft.text(), null)).toList();
    note(micros, "key", begun, rows);
    Signature signature = new Signature(config.nearDuplicates());
    begun = cpu();
    List<int[]> shingles = keys.stream().map(signature::shingles).toList();
    note(micros, "shingles", begun, rows);
    begun = cpu();
    long sink = 0;
    for (int[] set : shingles) {
      sink += signature.bands(set)[0];
    }
    note(micros, sink == 0 ? "bands " : "bands", begun, rows);
  }

  private static void keep(StepResult result, List<Draft> kept) {
    if (result instanceof StepResult.Kept row) {
      kept.add(row.draft());
    }
  }

  private static void note(Map<String, Double> micros, String step, long begun, int rows) {
    micros.put(step, Math.round((cpu() - begun) * 0.01 / rows) / 10.0);
  }

  /** Time of this thread on a processor, in ns: what others do beside it does not count. */
  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}

/**
 * The tables that Azkaban 2.5.0 reads and writes, by the columns that its statements name. Its own
 * scripts are not in the jar. It creates what is missing from files `create.TABLE.sql`.
 */
const tables = {
  properties: `name VARCHAR(64) NOT NULL, type INT NOT NULL, modified_time BIGINT NOT NULL,
    value VARCHAR(256), PRIMARY KEY (name, type)`,
  projects: `id INT NOT NULL PRIMARY KEY AUTO_INCREMENT, name VARCHAR(64) NOT NULL, active BOOLEAN,
    modified_time BIGINT NOT NULL, create_time BIGINT NOT NULL, version INT,
    last_modified_by VARCHAR(64) NOT NULL, description VARCHAR(2048), enc_type TINYINT,
    settings_blob LONGBLOB`,
  project_events: `project_id INT NOT NULL, event_type TINYINT NOT NULL, event_time BIGINT NOT NULL,
    username VARCHAR(64), message VARCHAR(512)`,
  project_files: `project_id INT NOT NULL, version INT NOT NULL, chunk INT, size INT, file LONGBLOB,
    PRIMARY KEY (project_id, version, chunk)`,
  project_flows: `project_id INT NOT NULL, version INT NOT NULL, flow_id VARCHAR(128),
    modified_time BIGINT NOT NULL, encoding_type TINYINT, json BLOB,
    PRIMARY KEY (project_id, version, flow_id)`,
  project_permissions: `project_id INT NOT NULL, modified_time BIGINT NOT NULL,
    name VARCHAR(64) NOT NULL, permissions INT NOT NULL, isGroup BOOLEAN NOT NULL,
    PRIMARY KEY (project_id, name)`,
  project_properties: `project_id INT NOT NULL, version INT NOT NULL, name VARCHAR(128),
    modified_time BIGINT NOT NULL, encoding_type TINYINT, property BLOB,
    PRIMARY KEY (project_id, version, name)`,
  project_versions: `project_id INT NOT NULL, version INT NOT NULL, upload_time BIGINT NOT NULL,
    uploader VARCHAR(64) NOT NULL, file_type VARCHAR(16), file_name VARCHAR(128), md5 BINARY(16),
    num_chunks INT, PRIMARY KEY (project_id, version)`,
  execution_flows: `exec_id INT NOT NULL PRIMARY KEY AUTO_INCREMENT, project_id INT NOT NULL,
    version INT NOT NULL, flow_id VARCHAR(128) NOT NULL, status TINYINT, submit_user VARCHAR(64),
    submit_time BIGINT, update_time BIGINT, start_time BIGINT, end_time BIGINT, enc_type TINYINT,
    flow_data LONGBLOB`,
  active_executing_flows: `exec_id INT NOT NULL PRIMARY KEY, host VARCHAR(255), port INT,
    update_time BIGINT`,
  execution_jobs: `exec_id INT NOT NULL, project_id INT NOT NULL, version INT NOT NULL,
    flow_id VARCHAR(128) NOT NULL, job_id VARCHAR(128) NOT NULL, attempt INT, start_time BIGINT,
    end_time BIGINT, status TINYINT, input_params LONGBLOB, output_params LONGBLOB,
    attachments LONGBLOB, PRIMARY KEY (exec_id, flow_id, job_id, attempt)`,
  execution_logs: `exec_id INT NOT NULL, name VARCHAR(128), attempt INT, enc_type TINYINT,
    start_byte INT, end_byte INT, log LONGBLOB, upload_time BIGINT,
    PRIMARY KEY (exec_id, name, attempt, start_byte)`,
  triggers: `trigger_id INT NOT NULL PRIMARY KEY AUTO_INCREMENT, trigger_source VARCHAR(128),
    modify_time BIGINT NOT NULL, enc_type TINYINT, data LONGBLOB`
}

/** The files of its script directory, by name. */
export function tableScripts(version: string): Record<string, string> {
  const scripts = Object.entries(tables).map(([table, columns]) => [
    `create.${table}.sql`,
    `CREATE TABLE ${table} (${columns});\n`
  ])
  return { ...Object.fromEntries(scripts), 'database.properties': `version=${version}\n` }
}

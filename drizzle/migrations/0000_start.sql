CREATE TABLE `activities` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`endpoint_name` text NOT NULL,
	`deployment_name` text,
	`kind` text NOT NULL,
	`actor` text NOT NULL,
	`text` text NOT NULL,
	`operation_id` text,
	`revision` integer,
	`at` integer NOT NULL,
	FOREIGN KEY (`endpoint_name`) REFERENCES `endpoints`(`name`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `activities_endpoint` ON `activities` (`endpoint_name`,`id`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`prefix` text NOT NULL,
	`sha256` text NOT NULL,
	`user_id` text NOT NULL,
	`origin` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_sha256` ON `api_keys` (`sha256`);--> statement-breakpoint
CREATE TABLE `audit_log` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`object` text NOT NULL,
	`detail` text NOT NULL,
	`previous_hash` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`resource` text NOT NULL,
	`kind` text NOT NULL,
	`revision` integer,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `counters` (
	`name` text PRIMARY KEY NOT NULL,
	`value` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `deployments` (
	`endpoint_name` text NOT NULL,
	`name` text NOT NULL,
	`written` text NOT NULL,
	`spec` text NOT NULL,
	`spec_hash` text NOT NULL,
	`generation` integer NOT NULL,
	`route_when_ready` integer,
	`desired_state` text NOT NULL,
	`colour_slot` integer NOT NULL,
	`operation_id` text,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`good_state` text,
	`provisioning_state` text NOT NULL,
	`ready_instances` integer NOT NULL,
	`error` text,
	PRIMARY KEY(`endpoint_name`, `name`),
	FOREIGN KEY (`endpoint_name`) REFERENCES `endpoints`(`name`) ON UPDATE no action ON DELETE restrict,
	CONSTRAINT "deployments_desired_state" CHECK("deployments"."desired_state" in ('run', 'delete'))
);
--> statement-breakpoint
CREATE INDEX `deployments_created` ON `deployments` (`endpoint_name`,`created_at`);--> statement-breakpoint
CREATE TABLE `endpoint_keys` (
	`endpoint_name` text NOT NULL,
	`slot` text NOT NULL,
	`ciphertext` text NOT NULL,
	`sha256` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`endpoint_name`, `slot`),
	FOREIGN KEY (`endpoint_name`) REFERENCES `endpoints`(`name`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "endpoint_keys_slot" CHECK("endpoint_keys"."slot" in ('primary', 'secondary'))
);
--> statement-breakpoint
CREATE TABLE `endpoints` (
	`name` text PRIMARY KEY NOT NULL,
	`description` text NOT NULL,
	`tags` text NOT NULL,
	`properties` text NOT NULL,
	`auth_mode` text NOT NULL,
	`public_network_access` text NOT NULL,
	`identity` text,
	`compute` text,
	`sticky_header` text,
	`limits` text,
	`idempotent_predictions` integer NOT NULL,
	`map_model_errors` integer NOT NULL,
	`allow_websocket` integer NOT NULL,
	`cors_origins` text NOT NULL,
	`traffic` text NOT NULL,
	`mirror_traffic` text NOT NULL,
	`desired_state` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "endpoints_desired_state" CHECK("endpoints"."desired_state" in ('run', 'delete'))
);
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`actor_id` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`answer` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`actor_id`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_created` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE TABLE `instance_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`instance_id` text NOT NULL,
	`endpoint_name` text NOT NULL,
	`deployment_name` text NOT NULL,
	`instance_type` text NOT NULL,
	`started_at` integer NOT NULL,
	`stopped_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `instance_events_instance` ON `instance_events` (`instance_id`);--> statement-breakpoint
CREATE INDEX `instance_events_period` ON `instance_events` (`started_at`,`stopped_at`);--> statement-breakpoint
CREATE TABLE `instance_type_prices` (
	`instance_type` text NOT NULL,
	`effective_from` integer NOT NULL,
	`price_per_hour_micros` integer NOT NULL,
	`currency` text NOT NULL,
	PRIMARY KEY(`instance_type`, `effective_from`)
);
--> statement-breakpoint
CREATE TABLE `instance_types` (
	`key` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`cpu` real NOT NULL,
	`memory_mib` integer NOT NULL,
	`gpus` integer NOT NULL,
	`gpu_memory_mib` integer NOT NULL,
	`description` text NOT NULL,
	`fit` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "instance_types_fit" CHECK("instance_types"."fit" in ('exact', 'nearest'))
);
--> statement-breakpoint
CREATE TABLE `instances` (
	`id` text PRIMARY KEY NOT NULL,
	`endpoint_name` text NOT NULL,
	`deployment_name` text NOT NULL,
	`spec_hash` text NOT NULL,
	`spec` text NOT NULL,
	`desired` text NOT NULL,
	`draining_since` integer,
	`created_at` integer NOT NULL,
	`state` text NOT NULL,
	`generation` integer NOT NULL,
	`host` text,
	`port` integer,
	`started_at` integer,
	`restarts` integer NOT NULL,
	`last_exit` text,
	`runtime_ref` text,
	`memory_limit_by` text NOT NULL,
	`probe` text,
	FOREIGN KEY (`endpoint_name`,`deployment_name`) REFERENCES `deployments`(`endpoint_name`,`name`) ON UPDATE no action ON DELETE restrict,
	CONSTRAINT "instances_desired" CHECK("instances"."desired" in ('run', 'remove'))
);
--> statement-breakpoint
CREATE INDEX `instances_deployment` ON `instances` (`endpoint_name`,`deployment_name`);--> statement-breakpoint
CREATE TABLE `model_files` (
	`model_name` text NOT NULL,
	`version` text NOT NULL,
	`path` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	PRIMARY KEY(`model_name`, `version`, `path`),
	FOREIGN KEY (`model_name`,`version`) REFERENCES `model_versions`(`model_name`,`version`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `model_versions` (
	`model_name` text NOT NULL,
	`version` text NOT NULL,
	`type` text NOT NULL,
	`path` text NOT NULL,
	`description` text NOT NULL,
	`tags` text NOT NULL,
	`properties` text NOT NULL,
	`stage` text,
	`detected` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`model_name`, `version`),
	FOREIGN KEY (`model_name`) REFERENCES `models`(`name`) ON UPDATE no action ON DELETE restrict
);
--> statement-breakpoint
CREATE TABLE `models` (
	`name` text PRIMARY KEY NOT NULL,
	`description` text NOT NULL,
	`tags` text NOT NULL,
	`properties` text NOT NULL,
	`anonymous` integer NOT NULL,
	`last_number` integer NOT NULL,
	`revision` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `operation_stages` (
	`operation_id` text NOT NULL,
	`position` integer NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`progress` real,
	`message` text NOT NULL,
	PRIMARY KEY(`operation_id`, `position`),
	FOREIGN KEY (`operation_id`) REFERENCES `operations`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `operations` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`resource` text NOT NULL,
	`endpoint_name` text NOT NULL,
	`deployment_name` text,
	`status` text NOT NULL,
	`target_spec_hash` text,
	`target_route_revision` integer,
	`error` text,
	`actor` text NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	CONSTRAINT "operations_status_value" CHECK("operations"."status" in ('running', 'succeeded', 'failed', 'canceled', 'superseded')),
	CONSTRAINT "operations_finished" CHECK(("operations"."status" = 'running') = ("operations"."finished_at" is null))
);
--> statement-breakpoint
CREATE INDEX `operations_resource` ON `operations` (`resource`,`id`);--> statement-breakpoint
CREATE INDEX `operations_endpoint` ON `operations` (`endpoint_name`,`status`);--> statement-breakpoint
CREATE INDEX `operations_status` ON `operations` (`status`,`id`);--> statement-breakpoint
CREATE TABLE `settings` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sign_in_failures` (
	`subject` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`last_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `traffic_history` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`endpoint_name` text NOT NULL,
	`revision` integer NOT NULL,
	`traffic` text NOT NULL,
	`mirror_traffic` text NOT NULL,
	`reason` text NOT NULL,
	`actor` text NOT NULL,
	`applied_at` integer NOT NULL,
	FOREIGN KEY (`endpoint_name`) REFERENCES `endpoints`(`name`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `traffic_history_endpoint` ON `traffic_history` (`endpoint_name`,`id`);--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`filename` text NOT NULL,
	`state` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`received_bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`file_count` integer NOT NULL,
	`entries` text NOT NULL,
	`unpack` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `uploads_expiry` ON `uploads` (`expires_at`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`password_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email` ON `users` (`email`);